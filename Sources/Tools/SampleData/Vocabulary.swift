/// Names that read well and cannot be taken for those of real people.
enum Vocabulary {
  static let women = ["Ada", "Beatrix", "Clara", "Dora", "Edith", "Flora", "Greta", "Hilda", "Iris", "Juno"]
  static let men = ["Abel", "Bruno", "Cyril", "Duncan", "Emil", "Felix", "Gustav", "Hugo", "Igor", "Jasper"]
  static let families = [
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Katsura", "Linden",
    "Maple", "Nutmeg", "Oak", "Poplar", "Quince", "Rowan", "Spruce", "Teak", "Viburnum", "Willow", "Yew", "Zelkova",
  ]
  static let physicians = ["Dr. Example-Adler", "Dr. Example-Finch", "Dr. Example-Heron", "Dr. Example-Swift"]
  static let radiologists = 8
  static let insurers = ["Sample Health Plan", "Example Mutual", "Placeholder Care", "Demo Insurance"]
  static let departments = ["EMERGENCY", "OUTPATIENT", "INPATIENT"]
}
