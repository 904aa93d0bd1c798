output "table_arn" {
  value = aws_dynamodb_table.patient_tracking.arn
}

output "stream_arn" {
  value = aws_dynamodb_table.patient_tracking.stream_arn
}
