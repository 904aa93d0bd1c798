/// The operations of any workload, as one concrete type.
///
/// One of its members is there. They are optionals and no cases of an enum because those are changed where they lie,
/// while the content of a case is copied out and in again, arrays with it.
public struct WorkloadSource: OperationSource {
  private var keyValue: KeyValueSource?
  private var registers: RegisterSource?
  private var risDay: RISDaySource?

  init(_ source: KeyValueSource) { keyValue = source }

  init(_ source: RegisterSource) { registers = source }

  init(_ source: RISDaySource) { risDay = source }

  public var kinds: [String] {
    if let keyValue { return keyValue.kinds }
    if let registers { return registers.kinds }
    return risDay!.kinds
  }

  public mutating func next() -> Operation {
    if keyValue != nil { return keyValue!.next() }
    if registers != nil { return registers!.next() }
    return risDay!.next()
  }
}
