namespace Mlp.CrashChild.Steps;

/// <summary>A row that a step brings.</summary>
/// <param name="View">Its view.</param>
/// <param name="Id">The key; null is no entity.</param>
/// <param name="Name">The other key, of pairs.</param>
/// <param name="EventTime">Microseconds.</param>
/// <param name="CreatedTime">Microseconds; of pairs the time of the push.</param>
/// <param name="Number">A float32, in the second version a float64.</param>
/// <param name="Text">A text; pairs have none.</param>
/// <param name="Extra">A number that only the second version has.</param>
public sealed record StoreRow(StoreView View, long? Id, string? Name, long EventTime, long CreatedTime, float? Number, string? Text, long? Extra)
{
    private static readonly string?[] AllNames = ["a", "grüße", null];
    private static readonly float?[] Numbers = [1.5f, -0f, 0f, float.NaN, null, float.NegativeInfinity, 7f];
    private static readonly string?[] Texts = ["", "x", "grüße", null, "a text that is longer than the others"];

    /// <summary>The keys that rows have.</summary>
    public static IReadOnlyList<long?> Ids { get; } = [1, 2, 3, null];

    /// <summary>The other keys that pairs have.</summary>
    public static IReadOnlyList<string?> Names => AllNames;

    /// <summary>A row from numbers: few times and values, so that ties, late rows, rows of the future and the edge of the time to live are common.</summary>
    /// <param name="view">Its view.</param>
    /// <param name="key">Chooses the keys.</param>
    /// <param name="times">Chooses the times.</param>
    /// <param name="values">Chooses the values.</param>
    /// <param name="now">Microseconds.</param>
    public static StoreRow Create(StoreView view, int key, int times, int values, long now) => new(
        view,
        Ids[key % Ids.Count],
        view == StoreView.Pair ? Names[key / Ids.Count % Names.Count] : null,
        now + (((times % 12) - 8) * StoreStep.Unit),
        view == StoreView.Pair ? now : now + (((times / 12 % 5) - 2) * StoreStep.Unit),
        Numbers[values % Numbers.Length],
        view == StoreView.Pair ? null : Texts[values / 3 % Texts.Length],
        view == StoreView.Second && values % 4 != 0 ? values : null);
}
