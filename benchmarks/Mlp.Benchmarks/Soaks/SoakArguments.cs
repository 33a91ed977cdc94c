using System.Globalization;

namespace Mlp.Benchmarks.Soaks;

/// <summary>Options of the form <c>--name number</c>. Immutable.</summary>
internal sealed class SoakArguments
{
    private readonly Dictionary<string, int> _values = new(StringComparer.Ordinal);

    /// <summary>Reads options.</summary>
    /// <param name="arguments">Names and numbers in turn.</param>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static SoakArguments Parse(string[] arguments)
    {
        var parsed = new SoakArguments();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                throw new ArgumentException($"Expected options of the form '--name number', but found '{string.Join(' ', arguments[i..])}'.", nameof(arguments));
            }

            parsed._values[arguments[i][2..]] = value;
        }

        return parsed;
    }

    /// <summary>The value of an option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">Its value where it is not given.</param>
    public int Get(string name, int otherwise) => _values.GetValueOrDefault(name, otherwise);
}
