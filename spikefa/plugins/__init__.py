"""Classes by name: where they are found, which arguments they take, and how users choose them."""
