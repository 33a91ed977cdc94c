using System.Globalization;

namespace Mlp.Training.Search;

/// <summary>Numbers as text that reads back to the same bits.</summary>
internal static class Numbers
{
    public static string Of(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static double Parse(string value) => double.Parse(value, CultureInfo.InvariantCulture);

    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);
}
