using System.Globalization;

namespace Mlp.Monitoring.Redaction;

/// <summary>How one column is redacted. Immutable.</summary>
/// <param name="Kind">What becomes of it.</param>
/// <param name="Width">Width of a bucket; 0 for the other kinds.</param>
internal readonly record struct ColumnRedaction(RedactionKind Kind, double Width = 0)
{
    /// <summary>How it stands in schema and header: <c>erase</c>, <c>hmac-sha256:</c> and the id of the key, or <c>bucket:</c> and the width.</summary>
    /// <param name="key">The key that is hashed with, where one is.</param>
    public string Describe(RedactionKey? key) => Kind switch
    {
        RedactionKind.Erase => "erase",
        RedactionKind.Hash => $"hmac-sha256:{key!.Id}",
        _ => string.Create(CultureInfo.InvariantCulture, $"bucket:{Width}"),
    };

    /// <summary>The lower end of a number's bucket; NaN and infinity stay what they are.</summary>
    public double Floor(double value) => Math.Floor(value / Width) * Width;

    /// <inheritdoc cref="Floor(double)"/>
    public float Floor(float value) => (float)Floor((double)value);

    /// <summary>The lower end of an integer's bucket. The width is a whole number.</summary>
    public long Floor(long value)
    {
        var width = (long)Width;
        var rest = value % width;
        var floor = rest < 0 ? rest + width : rest;

        // The lowest bucket begins below the least number.
        return value < long.MinValue + floor ? long.MinValue : value - floor;
    }
}
