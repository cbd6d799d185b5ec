import Bytes

/// What the nine tables of IndexTables hold, as another Avro reader (fastavro) decoded it.
enum FixtureFacts {
    /// A state of a table: as many files, bytes and manifests.
    struct State: Sendable {
        var version: Int64
        var files: Int
        var bytes: Int64
        var manifests: Int
        var createdAt: Int64

        init(_ version: Int64, _ files: Int, _ bytes: Int64, _ manifests: Int, _ createdAt: Int64) {
            self.version = version
            self.files = files
            self.bytes = bytes
            self.manifests = manifests
            self.createdAt = createdAt
        }
    }

    /// A live file of a table's newest state. Bounds are `column=value`, sorted, with `|` between them.
    struct File: Sendable {
        var path: ByteString
        var size: Int64
        var rows: Int64
        var footerStart: Int64
        var mergeOperations: Int32
        var addedAt: Int64
        var min: ByteString?
        var max: ByteString?

        init(
            _ path: ByteString, _ size: Int64, _ rows: Int64, _ footerStart: Int64, _ mergeOperations: Int32,
            _ addedAt: Int64, _ min: ByteString?, _ max: ByteString?
        ) {
            self.path = path
            self.size = size
            self.rows = rows
            self.footerStart = footerStart
            self.mergeOperations = mergeOperations
            self.addedAt = addedAt
            self.min = min
            self.max = max
        }
    }

    struct Table: Sendable, CustomStringConvertible {
        var name: ByteString
        var version: Int64
        var roots: [ByteString]
        /// The key of the one schema that its files refer to, and the CRC-32 of that schema's text.
        var schema: ByteString
        var schemaChecksum: UInt32
        var states: [State]
        var files: [File]
        var description: String { name.display }
    }

    static let tables: [Table] = [

        Table(
            name: "01_single_write", version: 1, roots: [""], schema: "z7TwwZ-tDWGD-uX5",
            schemaChecksum: 1730436256, states: [.init(1, 2, 11276, 1, 1775007203644)],
            files: [
                .init(
                    "part-49434d1a-006a-49da-b786-ce4d644aabe7.split", 5665, 2, 2341, 0, 1775007203199,
                    "id=2|score=200|text=test", "id=3|score=300|text=world"),
                .init(
                    "part-e57f73d0-5113-4687-80e3-f79de4e93962.split", 5611, 1, 2271, 0, 1775007203199,
                    "id=1|score=100|text=hello", "id=1|score=100|text=hello"),
            ]),
        Table(
            name: "03_with_removes", version: 4, roots: [""], schema: "gC45RGOqJ_Grt0xH",
            schemaChecksum: 2620349831,
            states: [
                .init(1, 2, 10232, 1, 1775007205476), .init(2, 4, 20455, 2, 1775007205737),
                .init(3, 6, 30677, 3, 1775007206000), .init(4, 1, 5053, 1, 1775007206220),
            ],
            files: [
                .init(
                    "part-e0501767-17f9-4a92-bbb3-1fd774a03c26.split", 5053, 1, 1987, 0, 1775007206130,
                    "id=999|text=replacement", "id=999|text=replacement")
            ]),
        Table(
            name: "04_partitioned", version: 1,
            roots: ["date=2024-01-01", "date=2024-01-02", "date=2024-01-03"], schema: "z7TwwZ-tDWGD-uX5",
            schemaChecksum: 1730436256, states: [.init(1, 3, 16948, 1, 1775007206605)],
            files: [
                .init(
                    "date=2024-01-01/part-28e62796-e5c7-40a8-8407-722f8f6524c3.split", 5671, 2, 2332, 0,
                    1775007206580, "id=1|score=10|text=doc1", "id=2|score=20|text=doc2"),
                .init(
                    "date=2024-01-02/part-ea9ef659-c594-4088-ab59-04a9b2c5d0fa.split", 5663, 2, 2328, 0,
                    1775007206580, "id=3|score=30|text=doc3", "id=4|score=40|text=doc4"),
                .init(
                    "date=2024-01-03/part-b6f563a5-5e2b-4766-bb8e-be4dd3961ef3.split", 5614, 1, 2271, 0,
                    1775007206580, "id=5|score=50|text=doc5", "id=5|score=50|text=doc5"),
            ]),
        Table(
            name: "05_many_transactions", version: 15, roots: [""], schema: "gC45RGOqJ_Grt0xH",
            schemaChecksum: 2620349831,
            states: [
                .init(1, 2, 10164, 1, 1775007206906), .init(2, 4, 20317, 2, 1775007207176),
                .init(3, 6, 30487, 3, 1775007207458), .init(4, 8, 40630, 4, 1775007207770),
                .init(5, 10, 50793, 5, 1775007208667), .init(6, 12, 60921, 6, 1775007209009),
                .init(7, 14, 71068, 7, 1775007209339), .init(8, 16, 81211, 8, 1775007209668),
                .init(9, 18, 91367, 9, 1775007210053), .init(10, 20, 101507, 10, 1775007210403),
                .init(11, 22, 111671, 11, 1775007210781), .init(12, 24, 121821, 12, 1775007211157),
                .init(13, 26, 131962, 13, 1775007211588), .init(14, 28, 142123, 14, 1775007212030),
                .init(15, 30, 152283, 15, 1775007212460),
            ],
            files: [
                .init(
                    "part-0b17f130-7311-4a79-bf85-9874260d55e0.split", 5055, 1, 1993, 0, 1775007210244,
                    "id=1001|text=batch10_item1", "id=1001|text=batch10_item1"),
                .init(
                    "part-0b719779-3674-47bc-9999-f3af43c3927a.split", 5064, 1, 1989, 0, 1775007208551,
                    "id=501|text=batch5_item1", "id=501|text=batch5_item1"),
                .init(
                    "part-0e7b16b9-5bce-4649-9873-9de6c9588e32.split", 5101, 2, 2022, 0, 1775007210591,
                    "id=1102|text=batch11_item2", "id=1103|text=batch11_item3"),
                .init(
                    "part-1f73aea9-0eb3-4c7f-94d0-36603414275c.split", 5049, 1, 1990, 0, 1775007209523,
                    "id=801|text=batch8_item1", "id=801|text=batch8_item1"),
                .init(
                    "part-2c48cb43-7554-4bce-83c3-7e09dcb17c52.split", 5051, 1, 1989, 0, 1775007207127,
                    "id=201|text=batch2_item1", "id=201|text=batch2_item1"),
                .init(
                    "part-33e524cf-83c1-488a-8688-999f81f6461a.split", 5059, 1, 1989, 0, 1775007209219,
                    "id=701|text=batch7_item1", "id=701|text=batch7_item1"),
                .init(
                    "part-44940e7c-c1f5-4319-b93f-96123c7fd7d8.split", 5074, 1, 1989, 0, 1775007207392,
                    "id=301|text=batch3_item1", "id=301|text=batch3_item1"),
                .init(
                    "part-56acc798-1036-4ee0-bc24-4b1d900379b9.split", 5102, 2, 2023, 0, 1775007207127,
                    "id=202|text=batch2_item2", "id=203|text=batch2_item3"),
                .init(
                    "part-571e5fd7-85a6-4a3d-aed2-8c87b571a269.split", 5085, 2, 2021, 0, 1775007210244,
                    "id=1002|text=batch10_item2", "id=1003|text=batch10_item3"),
                .init(
                    "part-638b271f-9c7a-4b32-b14e-c9cf925c4263.split", 5091, 2, 2023, 0, 1775007212223,
                    "id=1502|text=batch15_item2", "id=1503|text=batch15_item3"),
                .init(
                    "part-758777c9-f9c4-41d2-94a2-2e424bedca66.split", 5096, 2, 2022, 0, 1775007207392,
                    "id=302|text=batch3_item2", "id=303|text=batch3_item3"),
                .init(
                    "part-772868e6-a4de-4bba-8e0d-3c4ff0abd50e.split", 5090, 2, 2019, 0, 1775007209875,
                    "id=902|text=batch9_item2", "id=903|text=batch9_item3"),
                .init(
                    "part-7b7b51f5-b1f1-4d3e-974c-c08371a4c4ee.split", 5090, 2, 2022, 0, 1775007211363,
                    "id=1302|text=batch13_item2", "id=1303|text=batch13_item3"),
                .init(
                    "part-8fdaa0ca-1b84-4923-9824-bd47ecd70abd.split", 5048, 1, 1989, 0, 1775007208878,
                    "id=601|text=batch6_item1", "id=601|text=batch6_item1"),
                .init(
                    "part-af04f1e0-823d-48b9-9d40-f705ecf25592.split", 5089, 2, 2023, 0, 1775007210973,
                    "id=1202|text=batch12_item2", "id=1203|text=batch12_item3"),
                .init(
                    "part-afa40943-bc04-4aff-b2ed-d9a9b7db91f8.split", 5103, 2, 2023, 0, 1775007206852,
                    "id=102|text=batch1_item2", "id=103|text=batch1_item3"),
                .init(
                    "part-b0b18725-d62c-450c-93a2-ac1a29e7bb49.split", 5069, 1, 1992, 0, 1775007211790,
                    "id=1401|text=batch14_item1", "id=1401|text=batch14_item1"),
                .init(
                    "part-b2bfec49-4627-44dd-a2c6-5115d19cdb45.split", 5094, 2, 2020, 0, 1775007209523,
                    "id=802|text=batch8_item2", "id=803|text=batch8_item3"),
                .init(
                    "part-b2c24d70-58f6-4ea8-bb39-f579a61287a0.split", 5088, 2, 2019, 0, 1775007209219,
                    "id=702|text=batch7_item2", "id=703|text=batch7_item3"),
                .init(
                    "part-b4f7452e-1b9e-4226-a21f-63850d73d0b6.split", 5099, 2, 2020, 0, 1775007208551,
                    "id=502|text=batch5_item2", "id=503|text=batch5_item3"),
                .init(
                    "part-ba099ff1-1edb-43fb-95c2-32ea61636661.split", 5063, 1, 1992, 0, 1775007210591,
                    "id=1101|text=batch11_item1", "id=1101|text=batch11_item1"),
                .init(
                    "part-c8e5d9d7-e71b-4de1-9b53-1194eb693869.split", 5066, 1, 1990, 0, 1775007209875,
                    "id=901|text=batch9_item1", "id=901|text=batch9_item1"),
                .init(
                    "part-dc5ccaad-01d5-45c6-bd46-0dee24de7c64.split", 5080, 2, 2018, 0, 1775007208878,
                    "id=602|text=batch6_item2", "id=603|text=batch6_item3"),
                .init(
                    "part-dceb6361-14a3-4757-a584-d59230793209.split", 5051, 1, 1988, 0, 1775007207678,
                    "id=401|text=batch4_item1", "id=401|text=batch4_item1"),
                .init(
                    "part-df707043-205c-4abf-a2b0-9ed08ff3b3f6.split", 5061, 1, 1991, 0, 1775007210973,
                    "id=1201|text=batch12_item1", "id=1201|text=batch12_item1"),
                .init(
                    "part-dffa4456-9baf-4b34-ba5a-31ce2adbec6d.split", 5069, 1, 1992, 0, 1775007212223,
                    "id=1501|text=batch15_item1", "id=1501|text=batch15_item1"),
                .init(
                    "part-eb70526d-2d45-4276-b5a4-b6c37b3e8708.split", 5061, 1, 1990, 0, 1775007206852,
                    "id=101|text=batch1_item1", "id=101|text=batch1_item1"),
                .init(
                    "part-efdf4833-b524-404d-b851-058d510818f5.split", 5092, 2, 2022, 0, 1775007207678,
                    "id=402|text=batch4_item2", "id=403|text=batch4_item3"),
                .init(
                    "part-faed9b52-763e-44fe-9d73-8dc7bbcbc8f3.split", 5051, 1, 1992, 0, 1775007211363,
                    "id=1301|text=batch13_item1", "id=1301|text=batch13_item1"),
                .init(
                    "part-ff8268b0-5583-48fb-904a-98d7fa7bd181.split", 5092, 2, 2023, 0, 1775007211790,
                    "id=1402|text=batch14_item2", "id=1403|text=batch14_item3"),
            ]),
        Table(
            name: "06_schema_dedup", version: 12, roots: [""], schema: "qc10IusIgZa4R4u3",
            schemaChecksum: 1202974549,
            states: [
                .init(1, 2, 13223, 1, 1775007212730), .init(2, 4, 26422, 2, 1775007212968),
                .init(3, 6, 39587, 3, 1775007213215), .init(4, 8, 52783, 4, 1775007213503),
                .init(5, 10, 65969, 5, 1775007213787), .init(6, 12, 79184, 6, 1775007214073),
                .init(7, 14, 92399, 7, 1775007214417), .init(8, 16, 105598, 8, 1775007214746),
                .init(9, 18, 118784, 9, 1775007215078), .init(10, 20, 131982, 10, 1775007215463),
                .init(11, 22, 145166, 11, 1775007215856), .init(12, 24, 158371, 12, 1775007216236),
            ],
            files: [
                .init(
                    "part-00b705aa-8b87-49bf-a1f4-59e433e41890.split", 6543, 2, 2838, 0, 1775007213698,
                    "body=Body for 5-1|id=501|rating=5.1|title=Title 5-1",
                    "body=Body for 5-2|id=502|rating=5.2|title=Title 5-2"),
                .init(
                    "part-01b7acf7-11d3-4b08-b775-4b687c83e16c.split", 6665, 3, 2928, 0, 1775007212706,
                    "body=Body for 1-3|id=103|rating=1.3|title=Title 1-3",
                    "body=Body for 1-5|id=105|rating=1.5|title=Title 1-5"),
                .init(
                    "part-150b458c-6289-412c-aed4-23ebec697e38.split", 6563, 2, 2838, 0, 1775007214605,
                    "body=Body for 8-1|id=801|rating=8.1|title=Title 8-1",
                    "body=Body for 8-2|id=802|rating=8.2|title=Title 8-2"),
                .init(
                    "part-23f74f13-cca6-4f9b-91cf-ef9db0a52633.split", 6544, 2, 2838, 0, 1775007214930,
                    "body=Body for 9-1|id=901|rating=9.1|title=Title 9-1",
                    "body=Body for 9-2|id=902|rating=9.2|title=Title 9-2"),
                .init(
                    "part-3766700c-d365-495e-bcc6-30e59396e03a.split", 6632, 3, 2920, 0, 1775007213408,
                    "body=Body for 4-3|id=403|rating=4.3|title=Title 4-3",
                    "body=Body for 4-5|id=405|rating=4.5|title=Title 4-5"),
                .init(
                    "part-3c76add8-5e60-4be9-adf9-292f95668e12.split", 6564, 2, 2838, 0, 1775007213408,
                    "body=Body for 4-1|id=401|rating=4.1|title=Title 4-1",
                    "body=Body for 4-2|id=402|rating=4.2|title=Title 4-2"),
                .init(
                    "part-44b58f2e-4bb1-4123-ba88-cbda55edd4e1.split", 6573, 2, 2841, 0, 1775007212924,
                    "body=Body for 2-1|id=201|rating=2.1|title=Title 2-1",
                    "body=Body for 2-2|id=202|rating=2.2|title=Title 2-2"),
                .init(
                    "part-4de6c4b7-21d6-4a5f-9a08-a57a2ab14cae.split", 6552, 2, 2841, 0, 1775007214277,
                    "body=Body for 7-1|id=701|rating=7.1|title=Title 7-1",
                    "body=Body for 7-2|id=702|rating=7.2|title=Title 7-2"),
                .init(
                    "part-5243c119-d43d-41ba-9e1c-42329b0d6a7e.split", 6642, 3, 2907, 0, 1775007214930,
                    "body=Body for 9-3|id=903|rating=9.3|title=Title 9-3",
                    "body=Body for 9-5|id=905|rating=9.5|title=Title 9-5"),
                .init(
                    "part-5c77f991-9cc6-4d78-831c-4cb859095806.split", 6545, 2, 2839, 0, 1775007213156,
                    "body=Body for 3-1|id=301|rating=3.1|title=Title 3-1",
                    "body=Body for 3-2|id=302|rating=3.2|title=Title 3-2"),
                .init(
                    "part-6a1ac440-c369-4dff-9366-afb8c4c198ae.split", 6633, 3, 2913, 0, 1775007215277,
                    "body=Body for 10-3|id=1003|rating=10.3|title=Title 10-3",
                    "body=Body for 10-5|id=1005|rating=10.5|title=Title 10-5"),
                .init(
                    "part-73733de5-0e39-4cdc-93c9-662dfa5d6485.split", 6618, 3, 2909, 0, 1775007215662,
                    "body=Body for 11-3|id=1103|rating=11.3|title=Title 11-3",
                    "body=Body for 11-5|id=1105|rating=11.5|title=Title 11-5"),
                .init(
                    "part-79f5d526-2e43-493e-9bc9-0d836821f375.split", 6566, 2, 2841, 0, 1775007215662,
                    "body=Body for 11-1|id=1101|rating=11.1|title=Title 11-1",
                    "body=Body for 11-2|id=1102|rating=11.2|title=Title 11-2"),
                .init(
                    "part-82cbb1ab-532b-4e06-a539-142e57a24eb4.split", 6644, 3, 2909, 0, 1775007216046,
                    "body=Body for 12-3|id=1203|rating=12.3|title=Title 12-3",
                    "body=Body for 12-5|id=1205|rating=12.5|title=Title 12-5"),
                .init(
                    "part-8a19221d-6185-4af8-9ae8-169fa53c262d.split", 6643, 3, 2922, 0, 1775007213698,
                    "body=Body for 5-3|id=503|rating=5.3|title=Title 5-3",
                    "body=Body for 5-5|id=505|rating=5.5|title=Title 5-5"),
                .init(
                    "part-8b5ebced-ccfc-4776-bf39-cfba10aa0e13.split", 6636, 3, 2907, 0, 1775007214605,
                    "body=Body for 8-3|id=803|rating=8.3|title=Title 8-3",
                    "body=Body for 8-5|id=805|rating=8.5|title=Title 8-5"),
                .init(
                    "part-967b629c-31d3-4dea-8c81-50b2f5c4da63.split", 6663, 3, 2929, 0, 1775007214277,
                    "body=Body for 7-3|id=703|rating=7.3|title=Title 7-3",
                    "body=Body for 7-5|id=705|rating=7.5|title=Title 7-5"),
                .init(
                    "part-9913d3d9-fad5-4d72-b80b-16e094c3d98a.split", 6565, 2, 2843, 0, 1775007215277,
                    "body=Body for 10-1|id=1001|rating=10.1|title=Title 10-1",
                    "body=Body for 10-2|id=1002|rating=10.2|title=Title 10-2"),
                .init(
                    "part-b1d2b2c4-41d3-49ce-b6fc-7e739efa7c46.split", 6567, 2, 2840, 0, 1775007213971,
                    "body=Body for 6-1|id=601|rating=6.1|title=Title 6-1",
                    "body=Body for 6-2|id=602|rating=6.2|title=Title 6-2"),
                .init(
                    "part-b84b1456-b924-4f4a-b7ad-729b3a13725c.split", 6648, 3, 2929, 0, 1775007213971,
                    "body=Body for 6-3|id=603|rating=6.3|title=Title 6-3",
                    "body=Body for 6-5|id=605|rating=6.5|title=Title 6-5"),
                .init(
                    "part-bf5d5efc-c562-4ca3-a055-7cb0c420b16b.split", 6558, 2, 2839, 0, 1775007212706,
                    "body=Body for 1-1|id=101|rating=1.1|title=Title 1-1",
                    "body=Body for 1-2|id=102|rating=1.2|title=Title 1-2"),
                .init(
                    "part-f3390460-2db6-450b-93e7-c3aa6bf6b3ce.split", 6626, 3, 2906, 0, 1775007212924,
                    "body=Body for 2-3|id=203|rating=2.3|title=Title 2-3",
                    "body=Body for 2-5|id=205|rating=2.5|title=Title 2-5"),
                .init(
                    "part-f3a248a5-e6be-4d42-8cfe-f9322cd0e1a4.split", 6561, 2, 2839, 0, 1775007216046,
                    "body=Body for 12-1|id=1201|rating=12.1|title=Title 12-1",
                    "body=Body for 12-2|id=1202|rating=12.2|title=Title 12-2"),
                .init(
                    "part-fcfef79d-a796-4685-b07a-1e420ae09ea5.split", 6620, 3, 2905, 0, 1775007213156,
                    "body=Body for 3-3|id=303|rating=3.3|title=Title 3-3",
                    "body=Body for 3-5|id=305|rating=3.5|title=Title 3-5"),
            ]),
        Table(
            name: "09_partitioned_multi_append", version: 5,
            roots: [
                "date=2024-01-01", "date=2024-02-01", "date=2024-03-01", "date=2024-04-01", "date=2024-05-01",
            ], schema: "gC45RGOqJ_Grt0xH", schemaChecksum: 2620349831,
            states: [
                .init(1, 2, 10079, 1, 1775007219859), .init(2, 4, 20144, 2, 1775007220100),
                .init(3, 6, 30212, 3, 1775007220352), .init(4, 8, 40304, 4, 1775007220619),
                .init(5, 10, 50391, 5, 1775007220918),
            ],
            files: [
                .init(
                    "date=2024-01-01/part-2b2cb6d1-d0c4-416f-a38a-7ce098ed7405.split", 5038, 1, 1974, 0,
                    1775007219837, "id=12|text=doc_1_2", "id=12|text=doc_1_2"),
                .init(
                    "date=2024-01-01/part-94e400f2-81da-4420-ae9f-99b862e5d6c5.split", 5041, 1, 1974, 0,
                    1775007219837, "id=11|text=doc_1_1", "id=11|text=doc_1_1"),
                .init(
                    "date=2024-02-01/part-81189452-3fac-4658-9041-080b9eaa2d54.split", 5031, 1, 1974, 0,
                    1775007220056, "id=21|text=doc_2_1", "id=21|text=doc_2_1"),
                .init(
                    "date=2024-02-01/part-a05a71ae-f10c-41af-8792-1ad41b8b316f.split", 5034, 1, 1974, 0,
                    1775007220056, "id=22|text=doc_2_2", "id=22|text=doc_2_2"),
                .init(
                    "date=2024-03-01/part-514247e4-77ec-4a0a-b5e9-1849f6164856.split", 5028, 1, 1973, 0,
                    1775007220294, "id=31|text=doc_3_1", "id=31|text=doc_3_1"),
                .init(
                    "date=2024-03-01/part-914fbe9d-31fd-4624-acdd-d5f295fb0d3d.split", 5040, 1, 1974, 0,
                    1775007220294, "id=32|text=doc_3_2", "id=32|text=doc_3_2"),
                .init(
                    "date=2024-04-01/part-2e14d4d3-aa26-4d50-8926-51d7e34e13ef.split", 5048, 1, 1973, 0,
                    1775007220546, "id=42|text=doc_4_2", "id=42|text=doc_4_2"),
                .init(
                    "date=2024-04-01/part-dc56a6ef-01b2-403a-9f66-5304a3264e75.split", 5044, 1, 1970, 0,
                    1775007220546, "id=41|text=doc_4_1", "id=41|text=doc_4_1"),
                .init(
                    "date=2024-05-01/part-55f472ec-ec13-4e61-90c2-eb3f437826cc.split", 5040, 1, 1973, 0,
                    1775007220822, "id=52|text=doc_5_2", "id=52|text=doc_5_2"),
                .init(
                    "date=2024-05-01/part-ace19fd0-a0a0-4961-8f3c-34b439494b1f.split", 5047, 1, 1974, 0,
                    1775007220822, "id=51|text=doc_5_1", "id=51|text=doc_5_1"),
            ]),
        Table(
            name: "12_partition_drop", version: 2, roots: ["date=2024-01-01", "date=2024-01-03"],
            schema: "gC45RGOqJ_Grt0xH", schemaChecksum: 2620349831,
            states: [.init(1, 4, 20227, 1, 1775007222359), .init(2, 2, 10171, 1, 1775007222470)],
            files: [
                .init(
                    "date=2024-01-01/part-18f218b0-3e98-4825-994b-d14ac8b83fc3.split", 5088, 2, 2000, 0,
                    1775007222338, "id=1|text=keep1", "id=2|text=keep2"),
                .init(
                    "date=2024-01-03/part-c2ecd321-af4b-49f1-834e-e3a728eefb3f.split", 5083, 2, 2000, 0,
                    1775007222338, "id=5|text=keep3", "id=6|text=keep4"),
            ]),
        Table(
            name: "14_after_merge", version: 5, roots: [""], schema: "z7TwwZ-tDWGD-uX5",
            schemaChecksum: 1730436256,
            states: [
                .init(1, 2, 11822, 1, 1775007225136), .init(2, 4, 23626, 2, 1775007225388),
                .init(3, 6, 35387, 3, 1775007225638), .init(4, 8, 47164, 4, 1775007225885),
                .init(5, 1, 7689, 1, 1775007226463),
            ],
            files: [
                .init(
                    "66b3e258-d5e9-4595-917a-16432c91eda6.split", 7689, 40, 4314, 1, 1775007226356, nil, nil)
            ]),
        Table(
            name: "17_truncated_log", version: 9, roots: [""], schema: "gC45RGOqJ_Grt0xH",
            schemaChecksum: 2620349831,
            states: [
                .init(0, 16, 82299, 1, 1775007232217), .init(1, 2, 10283, 1, 1775007230253),
                .init(2, 4, 20579, 2, 1775007230488), .init(3, 6, 30875, 3, 1775007230716),
                .init(4, 8, 41168, 4, 1775007230988), .init(5, 10, 51460, 5, 1775007231252),
                .init(6, 12, 61725, 6, 1775007231538), .init(7, 14, 72019, 7, 1775007231858),
                .init(8, 16, 82299, 8, 1775007232177), .init(9, 16, 82299, 1, 1775007232443),
            ],
            files: [
                .init(
                    "part-00188540-ed7f-4bd7-b6e7-c04b18483fc3.split", 5158, 3, 2081, 0, 1775007232245,
                    "id=803|text=trunc_batch8_item3", "id=805|text=trunc_batch8_item5"),
                .init(
                    "part-15cd46e8-df80-476b-b818-70b49bccd017.split", 5168, 3, 2084, 0, 1775007232245,
                    "id=403|text=trunc_batch4_item3", "id=405|text=trunc_batch4_item5"),
                .init(
                    "part-25e2fac0-b828-4caf-bd8a-150f4a824494.split", 5166, 3, 2081, 0, 1775007232245,
                    "id=703|text=trunc_batch7_item3", "id=705|text=trunc_batch7_item5"),
                .init(
                    "part-284f6348-6e27-4daf-9e2e-72482153bc08.split", 5119, 2, 2049, 0, 1775007232245,
                    "id=201|text=trunc_batch2_item1", "id=202|text=trunc_batch2_item2"),
                .init(
                    "part-400cd19a-53b2-41f4-b02f-5975fa21fa6a.split", 5175, 3, 2085, 0, 1775007232245,
                    "id=103|text=trunc_batch1_item3", "id=105|text=trunc_batch1_item5"),
                .init(
                    "part-5a9cf3f0-cf8a-42d7-8238-5ca03df5384f.split", 5177, 3, 2088, 0, 1775007232245,
                    "id=203|text=trunc_batch2_item3", "id=205|text=trunc_batch2_item5"),
                .init(
                    "part-5e527306-424b-4986-9e8f-60392a9c393c.split", 5125, 2, 2049, 0, 1775007232245,
                    "id=401|text=trunc_batch4_item1", "id=402|text=trunc_batch4_item2"),
                .init(
                    "part-627e3b0a-a188-4f56-bf5a-61c474d46103.split", 5164, 3, 2082, 0, 1775007232245,
                    "id=503|text=trunc_batch5_item3", "id=505|text=trunc_batch5_item5"),
                .init(
                    "part-aebadf08-8c80-49c5-8bb3-fc432e488178.split", 5128, 2, 2047, 0, 1775007232245,
                    "id=701|text=trunc_batch7_item1", "id=702|text=trunc_batch7_item2"),
                .init(
                    "part-be6482aa-b36d-4aa6-8d17-0bc02da172db.split", 5128, 2, 2049, 0, 1775007232245,
                    "id=501|text=trunc_batch5_item1", "id=502|text=trunc_batch5_item2"),
                .init(
                    "part-c5b7fa4c-dae5-4f42-b294-842fe4bc5955.split", 5108, 2, 2050, 0, 1775007232245,
                    "id=101|text=trunc_batch1_item1", "id=102|text=trunc_batch1_item2"),
                .init(
                    "part-d5132a76-4cba-474f-b41e-37c18416f55c.split", 5161, 3, 2080, 0, 1775007232245,
                    "id=603|text=trunc_batch6_item3", "id=605|text=trunc_batch6_item5"),
                .init(
                    "part-e0df14aa-7cf2-498b-9740-37983ce48492.split", 5166, 3, 2083, 0, 1775007232245,
                    "id=303|text=trunc_batch3_item3", "id=305|text=trunc_batch3_item5"),
                .init(
                    "part-e7b212ab-057c-4b95-9cc4-48c85d89e7ec.split", 5122, 2, 2047, 0, 1775007232245,
                    "id=801|text=trunc_batch8_item1", "id=802|text=trunc_batch8_item2"),
                .init(
                    "part-f33b22d5-f232-4346-ac6a-01650bff355a.split", 5104, 2, 2047, 0, 1775007232245,
                    "id=601|text=trunc_batch6_item1", "id=602|text=trunc_batch6_item2"),
                .init(
                    "part-f3daba95-84aa-423e-a155-af9bdad2906d.split", 5130, 2, 2049, 0, 1775007232245,
                    "id=301|text=trunc_batch3_item1", "id=302|text=trunc_batch3_item2"),
            ]),
    ]
}
