using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Onnx;

/// <summary>Tells ONNX Runtime where the files of a model lie that is handed over as bytes.</summary>
internal static class SessionFiles
{
    private const string ExternalFolderKey = "session.model_external_initializers_file_folder_path";
    private const string DisablePrepackingKey = "session.disable_prepacking";

    /// <summary>Adds the settings to the options of a session.</summary>
    /// <param name="options">The options.</param>
    /// <param name="externalDataDirectory">Where external data lies; null for a model that is one file.</param>
    /// <param name="keepMapped">Whether weights stay in their mapped file: otherwise dense layers copy them into the layout that they compute with.</param>
    public static void Configure(SessionOptions options, string? externalDataDirectory, bool keepMapped = false)
    {
        if (externalDataDirectory is not null)
        {
            options.AddSessionConfigEntry(ExternalFolderKey, externalDataDirectory);
        }

        if (keepMapped)
        {
            options.AddSessionConfigEntry(DisablePrepackingKey, "1");
        }
    }

    /// <summary>Bytes as the array that a session is made from: the same one where that is possible.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    public static byte[] AsArray(ReadOnlyMemory<byte> onnx)
        => MemoryMarshal.TryGetArray(onnx, out var segment) && segment.Array is { } array && array.Length == onnx.Length ? array : onnx.ToArray();
}
