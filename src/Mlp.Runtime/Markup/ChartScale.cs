using System.Globalization;

namespace Mlp.Runtime.Markup;

/// <summary>Turns values into positions of a chart, with round numbers at the grid.</summary>
/// <param name="Least">The value at the lower end.</param>
/// <param name="Greatest">The value at the upper end.</param>
/// <param name="Step">From one line of the grid to the next.</param>
internal readonly record struct ChartScale(double Least, double Greatest, double Step)
{
    // The span of greater values would be infinite, and its lines without end.
    private const double GreatestValue = 1e300;

    /// <summary>A scale over values, wide enough that equal ones have room.</summary>
    /// <param name="values">The values; those that are none are passed over, those beyond ±1e300 lie at an end.</param>
    /// <param name="least">What values cannot be below.</param>
    /// <param name="greatest">What they cannot be above.</param>
    public static ChartScale Over(IEnumerable<double> values, double least = double.NegativeInfinity, double greatest = double.PositiveInfinity)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values.Where(double.IsFinite))
        {
            var within = Math.Clamp(value, -GreatestValue, GreatestValue);
            (low, high) = (Math.Min(low, within), Math.Max(high, within));
        }

        if (low > high)
        {
            return new ChartScale(0, 1, 0.5);
        }

        var room = high > low ? (high - low) * 0.08 : Math.Max(Math.Abs(high) * 0.05, 0.01);
        (low, high) = (Math.Max(low - room, least), Math.Min(high + room, greatest));
        var step = RoundStep((high - low) / 4);
        return new ChartScale(Math.Max(Math.Floor(low / step) * step, least), Math.Min(Math.Ceiling(high / step) * step, greatest), step);
    }

    /// <summary>The values at the lines of the grid.</summary>
    public IEnumerable<double> Lines
    {
        get
        {
            var first = Math.Ceiling((Least / Step) - 1e-9);
            for (var i = 0; (first + i) * Step <= Greatest + (Step * 1e-9); i++)
            {
                // Sums of steps would carry their errors into the labels.
                yield return Math.Round((first + i) * Step, 12);
            }
        }
    }

    /// <summary>The value at a line, with as many decimals as the steps have.</summary>
    public string Label(double line)
        => Step is >= 1e-4 and < 1e4 ? line.ToString(string.Create(CultureInfo.InvariantCulture, $"F{Math.Max(0, -(int)Math.Floor(Math.Log10(Step) + 1e-9))}"), CultureInfo.InvariantCulture).Replace('-', '−') : NumberText.Short(line);

    /// <summary>Where a value lies, 0 at the lower end and 1 at the upper; values outside lie at an end.</summary>
    public double Of(double value) => Greatest > Least ? Math.Clamp((value - Least) / (Greatest - Least), 0, 1) : 0.5;

    /// <summary>1, 2 or 5 times a power of ten, at least the size given.</summary>
    private static double RoundStep(double size)
    {
        if (!(size > 0) || !double.IsFinite(size))
        {
            return 1;
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(size)));
        return (size / power) switch { <= 1 => power, <= 2 => 2 * power, <= 5 => 5 * power, _ => 10 * power };
    }
}
