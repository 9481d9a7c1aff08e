"""Events of Pressero become orders."""
