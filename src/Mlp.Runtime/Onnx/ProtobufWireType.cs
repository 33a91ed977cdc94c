namespace Mlp.Runtime.Onnx;

/// <summary>How the value of a protobuf field is encoded (protobuf encoding guide, "Message Structure"). Groups are not part of ONNX.</summary>
internal enum ProtobufWireType
{
    /// <summary>Integers, booleans and enums in base 128.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>Text, bytes, messages and packed numbers: a length and that many bytes.</summary>
    LengthDelimited = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}
