"""The council's decision as data: scales, matrix, classes, intervals."""
