using Mlp.Features.Definitions;

namespace Mlp.CrashChild;

/// <summary>A row that the <see cref="PushScenario"/> pushes: its number, under one of few entities, known at the microsecond of its number.</summary>
/// <param name="Entity">The number modulo <see cref="Entities"/>.</param>
/// <param name="At">The Unix epoch plus the number in microseconds.</param>
/// <param name="Number">The number.</param>
/// <param name="Half">Half of it, so that a mixed row shows.</param>
/// <param name="Text">The number as text, of a length that depends on it.</param>
[FeatureView("pushed_number", CreatedTimeEqualsEventTime = true)]
public sealed record PushedNumber([EntityKey] long Entity, [EventTimestamp] DateTimeOffset At, [Feature] long Number, [Feature] double Half, [Feature] string Text)
{
    /// <summary>Number of entities.</summary>
    public const int Entities = 53;

    /// <summary>The row of a number.</summary>
    /// <param name="number">The number.</param>
    public static PushedNumber Create(long number)
        => new(number % Entities, DateTimeOffset.UnixEpoch.AddMicroseconds(number), number, number / 2.0, FormattableString.Invariant($"{number} {new string('x', (int)(number * 7 % 60))}"));
}
