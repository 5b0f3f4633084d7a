"""What the supervisor and the office see and decide: registers, approvals, due items, held facts, exports."""
