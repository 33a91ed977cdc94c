using System.Text.Json;
using Mlp.Training.Networks.Checkpoints;

namespace Mlp.Training.Networks;

/// <summary>The whole state of a training in memory, which is used again for the next one. Not thread-safe.</summary>
internal sealed class TrainingSnapshot
{
    private readonly Dictionary<string, byte[]> _tensors = new(StringComparer.Ordinal);
    private byte[] _position = [];

    /// <summary>Grows with the training; that of the end of an epoch is above those within it.</summary>
    public ulong Key { get; private set; }

    /// <summary>Where the training stood; a copy.</summary>
    public TrainingPosition Position => JsonSerializer.Deserialize(_position, CheckpointJson.Default.TrainingPosition)!;

    /// <summary>Begins to take a state.</summary>
    public void Begin(int epoch, long step, byte[] position) => (Key, _position) = (((ulong)epoch << 40) + (ulong)step, position);

    /// <summary>Takes a tensor.</summary>
    public void Put(string name, ReadOnlySpan<byte> bytes)
    {
        if (!_tensors.TryGetValue(name, out var copy) || copy.Length != bytes.Length)
        {
            _tensors[name] = copy = GC.AllocateUninitializedArray<byte>(bytes.Length);
        }

        bytes.CopyTo(copy);
    }

    /// <summary>Gives a tensor back.</summary>
    public void Get(string name, Span<byte> bytes) => _tensors[name].CopyTo(bytes);
}
