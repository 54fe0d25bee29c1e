"""Events: what did happen, what it cost, what came back; and what that teaches about estimates."""
