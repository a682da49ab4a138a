"""The public portal: what is TLP:CLEAR, for everyone, in six languages, without signing in and without a cookie."""
