/// An examination: its CPT code, the modality that performs it, what it costs and how its reports read.
struct Procedure: Sendable {
  var code: String
  var description: String
  /// DICOM's abbreviation.
  var modality: String
  var bodyPart: String
  var chargeCents: Int
  var indications: [String]
  /// Pairs of what was seen and what it means.
  var readings: [(findings: String, impression: String)]
  var isForWomenOnly = false

  static let all: [Procedure] = radiographs + computedTomography + magneticResonance + ultrasoundAndOthers

  private static let radiographs = [
    Procedure(
      code: "71046", description: "X-ray of the chest, two views", modality: "CR", bodyPart: "CHEST",
      chargeCents: 14_550, indications: ["Cough for two weeks", "Fever and shortness of breath", "Preoperative"],
      readings: [
        ("The lungs are clear. Heart size is normal. No pleural effusion.", "No acute cardiopulmonary disease."),
        ("Patchy opacity in the right lower lobe. No effusion.", "Right lower lobe pneumonia; follow-up in 6 weeks."),
      ]),
    Procedure(
      code: "73562", description: "X-ray of the knee, three views", modality: "DX", bodyPart: "KNEE",
      chargeCents: 13_225, indications: ["Knee pain after a fall", "Chronic knee pain"],
      readings: [
        ("No fracture or dislocation. Small joint effusion.", "No acute bony injury."),
        ("Medial joint space narrowing with osteophytes.", "Moderate osteoarthritis of the medial compartment."),
      ]),
  ]

  private static let computedTomography = [
    Procedure(
      code: "70450", description: "CT of the head without contrast", modality: "CT", bodyPart: "HEAD",
      chargeCents: 78_900, indications: ["Acute headache", "Fall with head strike", "Confusion"],
      readings: [
        ("No hemorrhage, mass effect or midline shift. Ventricles are normal.", "No acute intracranial abnormality."),
        ("Mild periventricular white matter hypodensity.", "Chronic small vessel ischemic change; nothing acute."),
      ]),
    Procedure(
      code: "71250", description: "CT of the chest without contrast", modality: "CT", bodyPart: "CHEST",
      chargeCents: 92_475, indications: ["Pulmonary nodule follow-up", "Chronic cough"],
      readings: [
        (
          "A 6 mm solid nodule in the left upper lobe. No adenopathy.", "Pulmonary nodule; repeat CT in 6 to 12 months."
        ),
        ("No nodule or consolidation. Airways are patent.", "Normal CT of the chest."),
      ]),
    Procedure(
      code: "74177", description: "CT of the abdomen and pelvis with contrast", modality: "CT", bodyPart: "ABDOMEN",
      chargeCents: 148_650, indications: ["Right lower quadrant pain", "Unexplained weight loss"],
      readings: [
        ("Dilated appendix with surrounding fat stranding.", "Acute uncomplicated appendicitis."),
        ("Solid organs enhance normally. No free fluid.", "No acute abdominal abnormality."),
      ]),
  ]

  private static let magneticResonance = [
    Procedure(
      code: "70551", description: "MRI of the brain without contrast", modality: "MR", bodyPart: "BRAIN",
      chargeCents: 162_300, indications: ["Recurrent migraine", "Dizziness", "First seizure"],
      readings: [
        ("No restricted diffusion. Normal flow voids.", "Normal MRI of the brain."),
        ("Scattered T2 hyperintense foci, not specific.", "Mild chronic white matter change."),
      ]),
    Procedure(
      code: "72148", description: "MRI of the lumbar spine without contrast", modality: "MR", bodyPart: "LSPINE",
      chargeCents: 154_800, indications: ["Low back pain with leg pain", "Suspected disc herniation"],
      readings: [
        ("L4-L5 disc protrusion contacting the right L5 root.", "L4-L5 disc herniation with nerve root contact."),
        ("Disc heights are kept. The canal is wide.", "No significant stenosis."),
      ]),
    Procedure(
      code: "73721", description: "MRI of a leg joint without contrast", modality: "MR", bodyPart: "KNEE",
      chargeCents: 139_999, indications: ["Twisting injury of the knee", "Locking knee"],
      readings: [
        ("Horizontal tear of the posterior horn of the medial meniscus.", "Medial meniscal tear."),
        ("Ligaments and menisci are intact.", "No internal derangement."),
      ]),
  ]

  private static let ultrasoundAndOthers = [
    Procedure(
      code: "76700", description: "Ultrasound of the abdomen, complete", modality: "US", bodyPart: "ABDOMEN",
      chargeCents: 38_725, indications: ["Right upper quadrant pain", "Raised liver enzymes"],
      readings: [
        ("Several shadowing gallstones. Wall thickness is normal.", "Cholelithiasis without cholecystitis."),
        ("The liver is diffusely echogenic.", "Hepatic steatosis."),
      ]),
    Procedure(
      code: "93970", description: "Duplex ultrasound of the leg veins, both sides", modality: "US", bodyPart: "LEG",
      chargeCents: 44_150, indications: ["Swelling of the left leg", "Calf pain after a flight"],
      readings: [
        ("All veins compress fully with normal flow.", "No deep vein thrombosis."),
        ("Non-compressible left popliteal vein.", "Left popliteal deep vein thrombosis."),
      ]),
    Procedure(
      code: "77067", description: "Screening mammography of both breasts", modality: "MG", bodyPart: "BREAST",
      chargeCents: 31_080, indications: ["Yearly screening"],
      readings: [
        ("Scattered fibroglandular density. No suspicious mass.", "BI-RADS 1: negative."),
        ("Benign calcifications on the left.", "BI-RADS 2: benign."),
      ], isForWomenOnly: true),
    Procedure(
      code: "78815", description: "PET/CT from skull base to thigh", modality: "PT", bodyPart: "WHOLEBODY",
      chargeCents: 489_500, indications: ["Staging of lymphoma", "Response to treatment"],
      readings: [
        ("No abnormal uptake beyond the physiological.", "Complete metabolic response."),
        ("Hypermetabolic mediastinal lymph nodes.", "Active disease in the mediastinum."),
      ]),
  ]
}
