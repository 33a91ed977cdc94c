namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Bytes that go to the next rank of a ring or come from the one before, in one step.</summary>
/// <param name="Start">Where they lie.</param>
/// <param name="Length">How many.</param>
/// <param name="Use">What is done with them when they come.</param>
internal readonly record struct RingPiece(int Start, int Length, PieceUse Use);
