using System.Security.Cryptography;
using System.Text;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Proves to another process that both know one secret, without telling it.</summary>
internal sealed class GroupSecret
{
    /// <summary>Bytes of a proof and of the number that it answers.</summary>
    public const int ProofBytes = 32;

    private readonly byte[] _key;

    /// <summary>Takes the secret.</summary>
    /// <param name="secret">The secret; null for none.</param>
    public GroupSecret(string? secret)
    {
        IsPresent = !string.IsNullOrEmpty(secret);
        _key = SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? ""));
    }

    /// <summary>Whether there is one.</summary>
    public bool IsPresent { get; }

    /// <summary>HMAC-SHA256 over who proves, both sides' random numbers and a text that goes with the proof.</summary>
    public byte[] Prove(string side, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> text = default)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(Encoding.UTF8.GetBytes(side));
        hash.AppendData(first);
        hash.AppendData(second);
        hash.AppendData(text);
        return hash.GetHashAndReset();
    }
}
