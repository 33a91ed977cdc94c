namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>What one replica has measured in its steps, in seconds and counts. For one thread.</summary>
/// <param name="worldSize">Replicas.</param>
internal sealed class StepFigures(int worldSize)
{
    /// <summary>How many numbers <see cref="Own"/> has.</summary>
    public const int OwnCount = 7;

    /// <summary>Steps.</summary>
    public double Steps { get; set; }

    /// <summary>Rows of this replica.</summary>
    public double Rows { get; set; }

    /// <summary>Time of the steps.</summary>
    public double StepSeconds { get; set; }

    /// <summary>Time of the steps in which the replica's thread waited for others or moved values instead of computing.</summary>
    public double ExposedSeconds { get; set; }

    /// <summary>Time from where all had come to a call until the call was over, or in which this replica added up gradients for all; also while others computed.</summary>
    public double TransferSeconds { get; set; }

    /// <summary>Bytes of the values that calls were about.</summary>
    public double Bytes { get; set; }

    /// <summary>Part of the exposed time that was spent waiting for others.</summary>
    public double WaitSeconds { get; set; }

    /// <summary>The same by the rank that came last, where it is known; then the number of steps whose longest such wait was for that rank.</summary>
    public double[] ByLastRank { get; } = new double[2 * worldSize];

    /// <summary>The numbers of this replica alone.</summary>
    public double[] Own() => [Steps, Rows, StepSeconds, ExposedSeconds, TransferSeconds, Bytes, WaitSeconds];

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        (Steps, Rows, StepSeconds, ExposedSeconds, TransferSeconds, Bytes, WaitSeconds) = (0, 0, 0, 0, 0, 0, 0);
        Array.Clear(ByLastRank);
    }
}
