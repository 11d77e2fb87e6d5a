"""What a user can name has one room each: a table with a row for every name."""
