using System.Globalization;
using Mlp.Features.Online;

namespace Mlp.CrashChild.Steps;

/// <summary>One step of a history of the feature store; what its numbers mean depends on the kind. A time unit passes before every step.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="A">Chooses view and key.</param>
/// <param name="B">Chooses times.</param>
/// <param name="C">Chooses values and variants.</param>
public sealed record StoreStep(StoreStepKind Kind, byte A, byte B, byte C)
{
    /// <summary>Microseconds; so many that the sequence numbers of one step's rows stay below those of the next.</summary>
    public const long Unit = 100;

    private const int ManyRows = 3;

    // Pushes and what moves rows are more common than the rest.
    private static readonly StoreStepKind[] Common =
    [
        .. Enum.GetValues<StoreStepKind>(), StoreStepKind.Push, StoreStepKind.Push, StoreStepKind.Push, StoreStepKind.Push, StoreStepKind.PushMany, StoreStepKind.Ingest, StoreStepKind.Ingest,
        StoreStepKind.Materialize, StoreStepKind.Advance,
    ];

    /// <summary>How much time passes before the step, microseconds.</summary>
    public long Duration => Kind == StoreStepKind.Advance ? (1 + (A % 6)) * Unit : Unit;

    /// <summary>Where pushed rows go.</summary>
    public PushTarget Target => (C % 8) switch
    {
        0 => PushTarget.Online,
        1 => PushTarget.Offline,
        _ => PushTarget.OnlineAndOffline,
    };

    /// <summary>The entity that is deleted; few histories have no row of it.</summary>
    public long Entity => 1 + (A % 3);

    /// <summary>A step from numbers that a generator gives.</summary>
    /// <param name="kind">Chooses the kind.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="c">C.</param>
    public static StoreStep Create(byte kind, byte a, byte b, byte c) => new(Common[kind % Common.Length], a, b, c);

    /// <summary>A step from its text.</summary>
    /// <param name="text">What <see cref="ToString"/> gives.</param>
    public static StoreStep Parse(string text)
    {
        var parts = text.Split(' ');
        return new(Enum.Parse<StoreStepKind>(parts[0]), Byte(1), Byte(2), Byte(3));

        byte Byte(int index) => byte.Parse(parts[index], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Kind} {A} {B} {C}");

    /// <summary>The view that the step is about.</summary>
    /// <param name="evolved">Whether there is a second version.</param>
    public StoreView ViewOf(bool evolved) => (A % 5) switch
    {
        3 => StoreView.Pair,
        4 when evolved => StoreView.Second,
        _ => StoreView.First,
    };

    /// <summary>The rows that a push or an ingest brings; an ingest brings none of pairs, whose source has no created time.</summary>
    /// <param name="evolved">Whether there is a second version.</param>
    /// <param name="now">Microseconds.</param>
    public IReadOnlyList<StoreRow> RowsOf(bool evolved, long now)
    {
        var view = ViewOf(evolved);
        view = view == StoreView.Pair && Kind == StoreStepKind.Ingest ? StoreView.First : view;
        var count = Kind == StoreStepKind.Push || (Kind == StoreStepKind.Ingest && C % 2 == 0) ? 1 : ManyRows;
        return [.. Enumerable.Range(0, count).Select(i => StoreRow.Create(view, A / 5, B + (i * (C % 3)), C + (11 * i), now))];
    }

    /// <summary>The range of event times of a back-fill: its first time and the one behind its last.</summary>
    /// <param name="now">Microseconds.</param>
    public (long From, long To) RangeOf(long now)
    {
        var from = now - (B % 12 * Unit);
        return (from, from + ((1 + (C % 8)) * Unit));
    }

    /// <summary>The time as of which is materialized.</summary>
    /// <param name="now">Microseconds.</param>
    public long AsOf(long now) => now - (B % 4 / 3 * 2 * Unit);
}
