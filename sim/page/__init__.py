"""The page in the browser: two strategies beside each other, on the same draws (`sim explore`)."""
