namespace Mlp.Features.Online;

/// <summary>What a checkpoint of the row store is, beside its files.</summary>
/// <param name="Engine">The engine and the version of its files.</param>
/// <param name="KeyHash">How keys are hashed.</param>
/// <param name="KeyFormat">Version of the keys: view id and canonical entity key.</param>
/// <param name="Token">The engine's name of the checkpoint.</param>
/// <param name="BeginAddress">Lowest address of the log that it needs.</param>
/// <param name="TailAddress">Where the log ended.</param>
/// <param name="PageSize">Page size of the log in bytes; fixed for the life of the log.</param>
/// <param name="SegmentSize">Size of a log file in bytes; fixed for the life of the log.</param>
internal sealed record RowStoreCheckpoint(string Engine, string KeyHash, int KeyFormat, Guid Token, long BeginAddress, long TailAddress, long PageSize, long SegmentSize);
