"""The same job by the usual packages, tuned as a careful team would tune them: what our API is measured beside."""
