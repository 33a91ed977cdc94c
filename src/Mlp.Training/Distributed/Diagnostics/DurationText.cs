using System.Globalization;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Times with three digits at most: "0 ms", "0.12 ms", "3.5 ms", "41 ms", "2.3 s".</summary>
internal static class DurationText
{
    /// <summary>The text.</summary>
    public static string Of(TimeSpan time)
    {
        var milliseconds = time.TotalMilliseconds;
        return milliseconds switch
        {
            >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
            >= 10 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
            >= 1 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.#} ms"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.##} ms"),
        };
    }
}
