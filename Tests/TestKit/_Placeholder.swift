// Replaced by the kit's first source file.
