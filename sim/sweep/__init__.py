"""Many runs: designed, parallel, resumable, queryable."""
