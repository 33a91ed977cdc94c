namespace Mlp.Training.Search;

/// <summary>The settings that a search tries, each with its range. Not thread-safe while it is built; a search takes a copy.</summary>
public sealed class SearchSpace
{
    private readonly List<SearchDimension> _dimensions;
    private readonly (string Name, string Value)? _condition;

    /// <summary>Begins with no setting.</summary>
    public SearchSpace()
        : this([], null)
    {
    }

    private SearchSpace(List<SearchDimension> dimensions, (string Name, string Value)? condition) => (_dimensions, _condition) = (dimensions, condition);

    internal IReadOnlyList<SearchDimension> Dimensions => _dimensions;

    /// <summary>Adds a number, every value of the range being as likely as any other.</summary>
    /// <param name="name">Name of the setting: 1 to 250 letters, digits, spaces, '_', '-', '.' and '/'.</param>
    /// <param name="minimum">The least value.</param>
    /// <param name="maximum">The upper end, above the least value and never reached.</param>
    /// <returns>The space.</returns>
    /// <exception cref="ArgumentException">The name is none or taken, or the range is none.</exception>
    public SearchSpace Uniform(string name, double minimum, double maximum)
    {
        RequireRange(name, double.IsFinite(maximum - minimum) && minimum < maximum, FormattableString.Invariant($"a finite range that is not empty, but found {minimum} to {maximum}"));
        return Add(name, share => Numbers.Of(minimum + (share * (maximum - minimum))), value => (Numbers.Parse(value) - minimum) / (maximum - minimum), 0, FormattableString.Invariant($"uniform {minimum:R} {maximum:R}"));
    }

    /// <summary>Adds a number whose logarithm is uniform: every order of magnitude is as likely as any other.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <param name="minimum">The least value, above 0.</param>
    /// <param name="maximum">The upper end, above the least value and never reached.</param>
    /// <returns>The space.</returns>
    /// <exception cref="ArgumentException">The name is none or taken, or the range is none.</exception>
    public SearchSpace LogUniform(string name, double minimum, double maximum)
    {
        RequireRange(name, minimum > 0 && minimum < maximum && double.IsFinite(maximum), FormattableString.Invariant($"a finite range above 0 that is not empty, but found {minimum} to {maximum}"));
        var (low, high) = (Math.Log(minimum), Math.Log(maximum));
        return Add(
            name,
            share => Numbers.Of(Math.Clamp(Math.Exp(low + (share * (high - low))), minimum, maximum)),
            value => (Math.Log(Numbers.Parse(value)) - low) / (high - low),
            0,
            FormattableString.Invariant($"log-uniform {minimum:R} {maximum:R}"));
    }

    /// <summary>Adds a whole number.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <param name="minimum">The least value.</param>
    /// <param name="maximum">The greatest value.</param>
    /// <returns>The space.</returns>
    /// <exception cref="ArgumentException">The name is none or taken, or the range is none.</exception>
    public SearchSpace Int(string name, int minimum, int maximum)
    {
        RequireRange(name, minimum <= maximum, FormattableString.Invariant($"a range that is not empty, but found {minimum} to {maximum}"));
        var count = (double)maximum - minimum + 1;
        return Add(name, share => Numbers.Of(minimum + (long)(share * count)), value => (Numbers.Parse(value) - minimum + 0.5) / count, count, FormattableString.Invariant($"int {minimum} {maximum}"));
    }

    /// <summary>Adds a choice.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <param name="values">What is chosen from, each once.</param>
    /// <returns>The space.</returns>
    /// <exception cref="ArgumentException">The name is none or taken, or there is nothing to choose from.</exception>
    public SearchSpace Choice(string name, params IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        RequireRange(name, values.Count > 0 && values.Distinct(StringComparer.Ordinal).Count() == values.Count, "at least one value, each once");
        string[] copy = [.. values];
        return Add(
            name, share => copy[(int)(share * copy.Length)], value => (System.Array.IndexOf(copy, value) + 0.5) / copy.Length, copy.Length, "choice " + string.Join('|', copy), copy);
    }

    /// <summary>Adds settings that exist only where a choice has a value.</summary>
    /// <param name="choice">Name of a choice that was added before.</param>
    /// <param name="value">The value.</param>
    /// <param name="build">Adds the settings.</param>
    /// <returns>The space.</returns>
    /// <exception cref="ArgumentException">There is no such choice or value.</exception>
    public SearchSpace When(string choice, string value, Action<SearchSpace> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        var dimension = _dimensions.Find(d => d.Name == choice && d.Values is not null)
            ?? throw new ArgumentException($"Expected a choice '{choice}' that was added before, but found none.", nameof(choice));
        if (!dimension.Values!.Contains(value, StringComparer.Ordinal))
        {
            throw new ArgumentException($"Expected one of the values of the choice '{choice}' ({string.Join(", ", dimension.Values!.Select(v => $"'{v}'"))}), but found '{value}'.", nameof(value));
        }

        build(new SearchSpace(_dimensions, (choice, value)));
        return this;
    }

    /// <summary>A copy that later changes do not reach.</summary>
    internal SearchSpace Copy() => new([.. _dimensions], null);

    /// <summary>The settings of a point of the unit cube: a coordinate per dimension, also for those that do not exist there, so that no setting moves another.</summary>
    internal TrialParameters At(ReadOnlySpan<double> coordinates)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < _dimensions.Count; i++)
        {
            var dimension = _dimensions[i];
            if (dimension.ExistsIn(values))
            {
                values.Add(dimension.Name, dimension.At(coordinates[i]));
            }
        }

        return new TrialParameters(values);
    }

    private static void RequireRange(string name, bool holds, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"Expected the setting '{name}' to have {expected}.", nameof(name));
        }
    }

    private SearchSpace Add(string name, Func<double, string> at, Func<string, double> shareOf, double cells, string description, IReadOnlyList<string>? values = null)
    {
        Runs.RunNames.RequireKey(name, "setting", nameof(name));
        if (_dimensions.Exists(d => d.Name == name))
        {
            throw new ArgumentException($"Expected each setting once, but '{name}' was added before.", nameof(name));
        }

        _dimensions.Add(new SearchDimension(name, at, shareOf, cells, description, values, _condition));
        return this;
    }
}
