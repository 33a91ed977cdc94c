namespace Mlp.Runtime.Tests.Versions;

/// <summary>Damages a stored file, as a bad disk or a bad copy would.</summary>
internal static class DamagedFiles
{
    public static void Damage(string registry, string hash, bool truncated)
    {
        var blob = Directory.GetFiles(registry, hash[2..], SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(blob);
        bytes[^1] ^= 1;
        File.SetAttributes(blob, FileAttributes.Normal);
        File.WriteAllBytes(blob, truncated ? bytes[..(bytes.Length / 2)] : bytes);
    }
}
