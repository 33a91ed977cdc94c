namespace Mlp.Runtime.Scoring;

/// <summary>The text of one row of a column.</summary>
/// <param name="index">Row of the column.</param>
/// <returns>UTF-8 bytes.</returns>
internal delegate ReadOnlySpan<byte> TextAccessor(int index);
