"""What is taken to the next level: asked of somebody who leads, with a day by which they answer."""
