namespace Mlp.Features.Online;

/// <summary>Sees one kept row.</summary>
/// <param name="key">View id and canonical entity key.</param>
/// <param name="row">Row bytes.</param>
internal delegate void OnlineRowVisitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row);
