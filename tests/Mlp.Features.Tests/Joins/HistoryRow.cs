namespace Mlp.Features.Tests.Joins;

/// <summary>A row of <see cref="HistoryModel"/>: its key, its times in microseconds from the start, and its values, which are nulls, negative zeros and NaNs with a payload too.</summary>
public sealed record HistoryRow(string? Name, long? Area, int Event, int Delay, int Value, int Batch)
{
    internal int Created => Event + Delay;

    internal float? F => Value % 5 == 0 ? null : Value % 5 == 1 ? -0f : Value % 5 == 2 ? BitConverter.Int32BitsToSingle(0x7fc00000 + Value) : Value / 7f;

    internal float? G => Value / 3f;

    internal double? D => Value % 4 == 0 ? null : Value % 4 == 1 ? -0d : Value / 11d;

    internal long N => long.MaxValue - Value;

    internal bool? B => Value % 3 == 0 ? null : Value % 3 == 1;

    internal string? S => Value % 6 == 0 ? null : Value % 6 == 1 ? string.Empty : $"µ{Value}";
}
