namespace Mlp.Monitoring.Performance;

/// <summary>The values of a slice as numbers, in bounded memory. Not thread-safe.</summary>
/// <param name="name">Name of what the slice groups by.</param>
internal sealed class SliceValues(string name)
{
    /// <summary>The rest.</summary>
    public const string Other = "(other)";

    /// <summary>Values that are told apart; one that comes after so many others counts to the rest.</summary>
    public const int MaximumTrackedCount = 65_536;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal) { [Other] = 0 };
    private readonly List<string> _texts = [Other];
    private readonly List<long> _counts = [0];
    private Dictionary<int, int>? _top;

    /// <summary>Counts a value, and gives its number; 0 for the rest. All values come before <see cref="Top"/> is asked.</summary>
    public int Count(string value)
    {
        if (!_numbers.TryGetValue(value, out var number) && _texts.Count <= MaximumTrackedCount)
        {
            number = _texts.Count;
            _numbers.Add(value, number);
            _texts.Add(value);
            _counts.Add(0);
        }

        _counts[number]++;
        return number;
    }

    /// <summary>The places of the most frequent values by their numbers, the most frequent first, by name where they are equally frequent.</summary>
    /// <param name="maximumCount">How many.</param>
    public IReadOnlyDictionary<int, int> Top(int maximumCount) => _top ??= Ordered(maximumCount).Select((number, place) => (number, place)).ToDictionary(p => p.number, p => p.place);

    /// <summary>The name of a place, for example <c>area=8</c>.</summary>
    /// <param name="place">From 0; the number of all places for the rest.</param>
    /// <param name="maximumCount">How many are told apart.</param>
    public string NameOf(int place, int maximumCount) => $"{name}={(place < Top(maximumCount).Count ? _texts[Top(maximumCount).First(t => t.Value == place).Key] : Other)}";

    private IEnumerable<int> Ordered(int maximumCount)
        => Enumerable.Range(1, _texts.Count - 1).OrderByDescending(i => _counts[i]).ThenBy(i => _texts[i], StringComparer.Ordinal).Take(maximumCount);
}
