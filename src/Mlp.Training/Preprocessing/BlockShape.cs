namespace Mlp.Training.Preprocessing;

/// <summary>What a row becomes in a block.</summary>
internal sealed record BlockShape
{
    /// <summary>Names of the dense outputs that hold a number.</summary>
    public IReadOnlyList<string> Floats { get; init; } = [];

    /// <summary>Names of the dense outputs that hold 1 for a row that falls into them and 0 for others.</summary>
    public IReadOnlyList<string> Slots { get; init; } = [];

    /// <summary>How many slots a row falls into, at most.</summary>
    public int SlotsPerRow { get; init; }

    /// <summary>Features that become ids.</summary>
    public IReadOnlyList<IdColumn> Ids { get; init; } = [];
}
