"""What each table is: one declaration gives its schema, its checks, its documentation and comments."""
