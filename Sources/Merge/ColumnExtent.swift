import Bytes
import Parquet
import Records

/// The nulls and the least and greatest value of a column, NaN left out.
struct ColumnExtent {
    private let type: ColumnType
    private(set) var statistics = ColumnStatistics(nullCount: 0)

    init(_ type: ColumnType) { self.type = type }

    mutating func add(_ vector: ColumnVector) {
        let validity = vector.validity
        switch vector.values {
        case .none(let count): statistics.nullCount = (statistics.nullCount ?? 0) + count
        case .boolean(let lane): note(lane, validity, { $0 < $1 }, { .boolean($0 != 0) })
        case .int32(let lane) where type.isUnsigned:
            note(lane, validity, { UInt32(bitPattern: $0) < UInt32(bitPattern: $1) }, { .integer(Int64($0)) })
        case .int32(let lane): note(lane, validity, { $0 < $1 }, { .integer(Int64($0)) })
        case .int64(let lane) where type.isUnsigned:
            note(lane, validity, { UInt64(bitPattern: $0) < UInt64(bitPattern: $1) }, { .integer($0) })
        case .int64(let lane): note(lane, validity, { $0 < $1 }, { .integer($0) })
        case .int128(let lane): note(lane, validity, { $0 < $1 }, { .wide($0) })
        case .float(let lane): note(lane, validity, { $0 < $1 }, { .float($0) }, skip: { $0.isNaN })
        case .double(let lane): note(lane, validity, { $0 < $1 }, { .double($0) }, skip: { $0.isNaN })
        case .bytes(let lane): note(lane, validity)
        }
    }

    @inline(__always)
    private mutating func note<T>(
        _ lane: [T], _ validity: [UInt8]?, _ precedes: (T, T) -> Bool, _ value: (T) -> StatisticValue,
        skip: (T) -> Bool = { _ in false }
    ) {
        var low: T?
        var high: T?
        var nullCount = 0
        for row in lane.indices {
            if let validity, validity[row] == 0 {
                nullCount += 1
                continue
            }
            let element = lane[row]
            if skip(element) { continue }
            if low.map({ precedes(element, $0) }) ?? true { low = element }
            if high.map({ precedes($0, element) }) ?? true { high = element }
        }
        include(low.map(value), high.map(value), nullCount)
    }

    private mutating func note(_ lane: ByteColumn, _ validity: [UInt8]?) {
        var low: Int?
        var high: Int?
        var nullCount = 0
        lane.data.withUnsafeBytes { data in
            func bytes(_ row: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: data[Int(lane.offsets[row])..<Int(lane.offsets[row + 1])])
            }
            for row in 0..<lane.count {
                if let validity, validity[row] == 0 {
                    nullCount += 1
                    continue
                }
                if low.map({ compareBytes(bytes(row), bytes($0)) < 0 }) ?? true { low = row }
                if high.map({ compareBytes(bytes(row), bytes($0)) > 0 }) ?? true { high = row }
            }
        }
        include(low.map { .bytes(lane[$0]) }, high.map { .bytes(lane[$0]) }, nullCount)
    }

    private mutating func include(_ low: StatisticValue?, _ high: StatisticValue?, _ nullCount: Int) {
        statistics.nullCount = (statistics.nullCount ?? 0) + nullCount
        if let low, statistics.minimum.map({ low.precedes($0, as: type) }) ?? true {
            statistics.minimum = low
        }
        if let high, statistics.maximum.map({ $0.precedes(high, as: type) }) ?? true {
            statistics.maximum = high
        }
    }
}
