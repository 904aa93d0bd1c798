internal import ArgumentParser
internal import Environment

/// Planted bugs on the command line. A build that holds none says so.
enum Planting {
  #if GANTRY_PLANTS
    static func plant(_ name: String) throws {
      guard let plant = Plant(rawValue: name) else {
        let names = Plant.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("There is no planted bug '\(name)'. There are: \(names).")
      }
      Plants.planted = plant
    }
  #else
    static func plant(_ name: String) throws { throw ValidationError(refusal) }

    static let refusal = """
      This build holds no planted bugs. One that does is made with:
      GANTRY_PLANTS=1 swift build -c release --product gantry --scratch-path .build-plants
      """
  #endif
}
