using System.Globalization;

namespace Mlp.Runtime.Markup;

/// <summary>Numbers as people read them, by the invariant culture.</summary>
internal static class NumberText
{
    /// <summary>A number in four significant digits; a dash for NaN.</summary>
    public static string Short(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
        }

        var magnitude = Math.Abs(value);
        var text = magnitude is 0 or >= 1e-3 and < 1e6
            ? value.ToString(magnitude >= 1000 ? "#,0" : magnitude >= 100 ? "0.#" : magnitude >= 10 ? "0.##" : magnitude >= 1 ? "0.###" : "0.####", CultureInfo.InvariantCulture)
            : value.ToString("0.##e0", CultureInfo.InvariantCulture);
        return text.Replace('-', '−');
    }
}
