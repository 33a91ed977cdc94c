using FASTER.core;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Interop;

/// <summary>
/// Where FASTER's checkpoint files go: three files in one directory that we name. It keeps no history and deletes nothing; only fold-over checkpoints are taken, so there are no snapshots and no delta logs.
/// </summary>
/// <param name="timeProvider">Handed to the devices.</param>
internal sealed class RowCheckpointFiles(TimeProvider timeProvider) : ICheckpointManager
{
    /// <summary>The hash table.</summary>
    internal const string IndexFile = "index.bin";

    /// <summary>What FASTER says of the hash table.</summary>
    internal const string IndexInfoFile = "index-info.bin";

    /// <summary>What FASTER says of the log.</summary>
    internal const string LogInfoFile = "log-info.bin";

    private readonly List<RowLogDevice> _devices = [];
    private readonly Dictionary<string, byte[]> _infos = new(StringComparer.Ordinal);
    private string? _directory;

    /// <summary>The files of a checkpoint.</summary>
    internal static IReadOnlyList<string> FileNames { get; } = [IndexFile, IndexInfoFile, LogInfoFile];

    /// <summary>First address of the log that the last checkpoint needs, and the address behind the last.</summary>
    internal (long Begin, long End) LogRange { get; private set; }

    private string Directory => _directory ?? throw new InvalidOperationException("Expected a directory for the checkpoint, but none was set.");

    /// <summary>Names the directory of the next checkpoint or recovery; the one before has come to an end.</summary>
    /// <param name="directory">An existing directory.</param>
    internal void Use(string directory)
    {
        CloseDevices();
        _infos.Clear();
        _directory = directory;
    }

    /// <summary>Writes what FASTER said, closes the index files and flushes the files of the directory.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <exception cref="IOException">The disk failed, now or when FASTER wrote the index; FASTER itself does not know and can take another checkpoint.</exception>
    internal void Complete(IDiskSync disk)
    {
        if (CloseDevices() is { } fault)
        {
            throw new IOException($"Expected to write the index of a checkpoint of the online store to '{Directory}', but the disk failed: {fault.Message}", fault);
        }

        foreach (var (name, info) in _infos)
        {
            File.WriteAllBytes(Path.Combine(Directory, name), info);
        }

        foreach (var name in FileNames)
        {
            disk.SyncFile(Path.Combine(Directory, name));
        }
    }

    /// <inheritdoc/>
    public void CommitIndexCheckpoint(Guid indexToken, byte[] commitMetadata) => _infos[IndexInfoFile] = commitMetadata;

    /// <inheritdoc/>
    public void CommitLogCheckpoint(Guid logToken, byte[] commitMetadata)
    {
        using var reader = new StreamReader(new MemoryStream(commitMetadata));
        var info = default(HybridLogRecoveryInfo);
        info.Initialize(reader);
        LogRange = (info.beginAddress, info.finalLogicalAddress);
        _infos[LogInfoFile] = commitMetadata;
    }

    /// <inheritdoc/>
    public byte[] GetIndexCheckpointMetadata(Guid indexToken) => File.ReadAllBytes(Path.Combine(Directory, IndexInfoFile));

    /// <inheritdoc/>
    public byte[] GetLogCheckpointMetadata(Guid logToken, DeltaLog deltaLog, bool scanDelta = false, long recoverTo = -1)
        => File.ReadAllBytes(Path.Combine(Directory, LogInfoFile));

    /// <inheritdoc/>
    public IDevice GetIndexDevice(Guid indexToken)
    {
        var device = new RowLogDevice(Path.Combine(Directory, IndexFile), timeProvider, retryDelay: null);
        device.Initialize(-1, epoch: null, omitSegmentIdFromFilename: true);
        lock (_devices)
        {
            _devices.Add(device);
        }

        return device;
    }

    /// <inheritdoc/>
    public IDevice GetSnapshotLogDevice(Guid token) => throw Unused();

    /// <inheritdoc/>
    public IDevice GetSnapshotObjectLogDevice(Guid token) => throw Unused();

    /// <inheritdoc/>
    public IDevice GetDeltaLogDevice(Guid token) => new NullDevice();

    /// <inheritdoc/>
    public IEnumerable<Guid> GetIndexCheckpointTokens() => [];

    /// <inheritdoc/>
    public IEnumerable<Guid> GetLogCheckpointTokens() => [];

    /// <inheritdoc/>
    public void CommitLogIncrementalCheckpoint(Guid logToken, long version, byte[] commitMetadata, DeltaLog deltaLog) => throw Unused();

    /// <inheritdoc/>
    public void InitializeIndexCheckpoint(Guid indexToken)
    {
    }

    /// <inheritdoc/>
    public void InitializeLogCheckpoint(Guid logToken)
    {
    }

    /// <inheritdoc/>
    public void CheckpointVersionShift(long oldVersion, long newVersion)
    {
    }

    /// <inheritdoc/>
    public void OnRecovery(Guid indexToken, Guid logToken)
    {
    }

    /// <inheritdoc/>
    public void Purge(Guid token)
    {
    }

    /// <inheritdoc/>
    public void PurgeAll()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => CloseDevices();

    private static NotSupportedException Unused() => new("The online store takes fold-over checkpoints only.");

    private Exception? CloseDevices()
    {
        lock (_devices)
        {
            var fault = _devices.Select(device => device.Fault).FirstOrDefault(fault => fault is not null);
            _devices.ForEach(device => device.Dispose());
            _devices.Clear();
            return fault;
        }
    }
}
