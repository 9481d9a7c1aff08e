"""What happens to the jobs goes back to Pressero."""
