variable "endpoint" {
  description = "Where the cluster's coordinator listens; `gantry cluster up` prints it."
  type        = string
  default     = "http://127.0.0.1:8000"

  validation {
    condition     = can(regex("^https?://[^/]+", var.endpoint))
    error_message = "The endpoint is a URL such as http://127.0.0.1:8000."
  }
}

variable "region" {
  description = "The region of the cluster's topology."
  type        = string
  default     = "us-east-1"
}

variable "table_name" {
  description = "Not the name of the table that the local topology makes, so that both can be there."
  type        = string
  default     = "ris-patient-tracking-tf"
}

variable "status_projection" {
  description = "What the status index holds beside its keys: ALL or KEYS_ONLY. A change replaces the index."
  type        = string
  default     = "ALL"
}

variable "stream_view_type" {
  description = "What a stream record shows. A change switches the stream off and on again."
  type        = string
  default     = "NEW_AND_OLD_IMAGES"
}

variable "replica_regions" {
  description = "Other regions of the topology that get a replica, such as [\"eu-west-1\"] of global-small."
  type        = set(string)
  default     = []
}

variable "tags" {
  type = map(string)
  default = {
    Environment = "production"
    Application = "RIS"
  }
}
