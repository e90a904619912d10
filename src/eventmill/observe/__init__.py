"""What users see of their running application: logs, metrics, traces."""
