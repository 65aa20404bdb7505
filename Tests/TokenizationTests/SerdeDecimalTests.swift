import Testing
import Tokenization

@Suite struct SerdeDecimalTests {
    /// What `Tokenizer.from_str` of Hugging Face makes of scores, as bits; of some not the nearest Double.
    @Test(
        arguments: [
            ("-0.13436424411240122", 0xbfc1_32d8_f91b_7584),
            ("-2.5506902573942173e-06", 0xbec5_6590_cc65_e7bc),
            ("-7.6096244491257565e-06", 0xbedf_eac5_a426_0c77),
            ("-6.515929727227629", 0xc01a_104f_e1e5_e850),
            ("-0.0938595867742349", 0xbfb8_072e_8f9c_8590),
            ("-8.933170425576352e-06", 0xbee2_bbf5_982f_b9c0),
            ("-0.43276706790505337", 0xbfdb_b274_a4dc_0872),
            ("-69.58328667684435", 0xc051_6554_91a4_4f4c),
            ("-7.215400323407826", 0xc01c_dc91_e702_5676),
            ("-0.5911534350013039", 0xbfe2_eaba_9bc7_f50a),
            ("-0.9014274576114836", 0xbfec_d87e_6545_0c46),
            ("-2.2322111021323866e-302", 0x814e_9d8f_4974_77ed),
            ("-5.414124727934966e-06", 0xbed6_b55f_45ed_0fab),
            ("-6.864838541790798e-06", 0xbedc_cb10_732b_1215),
            ("0", 0x0000_0000_0000_0000),
            ("-0", 0x8000_0000_0000_0000),
            ("1", 0x3ff0_0000_0000_0000),
            ("18446744073709551616", 0x43f0_0000_0000_0000),
            ("123456789012345678901234567890.5", 0x45f8_ee90_ff6c_373e),
            ("0.1234567890123456789012345", 0x3fbf_9add_3746_f65f),
            ("1e5", 0x40f8_6a00_0000_0000),
            ("2.5E-3", 0x3f64_7ae1_47ae_147b),
            ("-7.0515949836064316", 0xc01c_34d5_50bc_e8bd),
            ("1e-320", 0x0000_0000_0000_07e8),
            ("12345678901234567890123e-310", 0x0428_1000_3afa_0d7a),
            ("4.9e-324", 0x0000_0000_0000_0001),
            ("1.7976931348623157e308", 0x7fef_ffff_ffff_ffff),
            ("100e-2", 0x3ff0_0000_0000_0000),
            ("0.00000000000000000000000012345678901234567", 0x3ac3_1aa0_94e0_75f3),
        ] as [(String, UInt64)])
    func bitsAreThoseOfHuggingFace(text: String, bits: UInt64) {
        #expect(SerdeDecimal.value(text.utf8)?.bitPattern == bits)
    }

    @Test func someAreNotTheNearest() {
        #expect(SerdeDecimal.value("-7.0515949836064316".utf8) != -7.0515949836064316)
    }

    @Test(arguments: ["1e309", "1e99999999999999999999", "123e307"]) func whatIsTooLargeIsNone(text: String) {
        #expect(SerdeDecimal.value(text.utf8) == nil)
    }
}
