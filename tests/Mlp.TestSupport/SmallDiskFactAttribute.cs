using Xunit;

namespace Mlp.TestSupport;

/// <summary>A fact about a full disk (<see cref="SmallDisk"/>), skipped where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.IsPossible)
        {
            Skip = "This test mounts a disk of its own, which takes Linux and root.";
        }
    }
}
