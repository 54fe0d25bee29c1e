"""Documents: what a report says, written once, and rendered as PDF, as a word processor's document and as a workbook."""
