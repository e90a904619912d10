"""What may stand behind a method: functions, AWS's services, HTTP servers, and nothing (MOCK)."""
