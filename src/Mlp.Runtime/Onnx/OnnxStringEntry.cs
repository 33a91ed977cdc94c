namespace Mlp.Runtime.Onnx;

/// <summary>A pair of texts: metadata of a model, and what is said of external data (StringStringEntryProto of onnx.proto).</summary>
internal static class OnnxStringEntry
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">The message.</param>
    /// <returns>Key and value; empty where the message has none.</returns>
    /// <exception cref="ProtobufFormatException">The message is damaged.</exception>
    public static (string Key, string Value) Read(ProtobufReader reader)
    {
        var (key, value) = (string.Empty, string.Empty);
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    key = reader.ReadString();
                    break;
                case 2:
                    value = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (key, value);
    }
}
