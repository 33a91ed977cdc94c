using System.Collections.Frozen;
using System.Text.Json;

namespace Mlp.Training.Trees.Interop;

/// <summary>The parameters that the loaded LightGBM knows.</summary>
internal static unsafe class LightGbmParameterNames
{
    private static readonly Lazy<FrozenDictionary<string, string>> Read = new(() =>
    {
        LightGbmLibrary.EnsureLoaded();
        var buffer = new byte[1 << 16];
        while (true)
        {
            long length;
            fixed (byte* data = buffer)
            {
                LightGbmNative.Check(LightGbmNative.DumpParameterAliases(buffer.Length, out length, data), "name its parameters");
            }

            if (length <= buffer.Length)
            {
                return Parse(buffer.AsMemory(0, (int)length - 1));
            }

            buffer = new byte[length];
        }
    });

    /// <summary>Names and aliases, each with the name that it stands for.</summary>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package LightGBM.</exception>
    public static FrozenDictionary<string, string> All => Read.Value;

    private static FrozenDictionary<string, string> Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject()
            .SelectMany(p => p.Value.EnumerateArray().Select(a => a.GetString()!).Prepend(p.Name).Select(alias => (alias, p.Name)))
            .ToFrozenDictionary(p => p.alias, p => p.Name, StringComparer.Ordinal);
    }
}
