using System.Globalization;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Numbers of bytes with three digits at most: "640 B", "12 KB", "3.3 MB", "1.2 GB"; a KB is 1,000 bytes.</summary>
internal static class ByteText
{
    /// <summary>The text.</summary>
    public static string Of(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };
}
