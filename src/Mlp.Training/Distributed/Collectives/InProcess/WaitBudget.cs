namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>How long a rank looks before it sleeps. Looking is of use only while the rank that is waited for has a processor of its own.</summary>
/// <param name="ForArrival">Looks at the meeting, in a call that somebody waits for.</param>
/// <param name="ForFinish">Looks while others finish.</param>
/// <param name="ForBackground">Looks at the meeting, in a call beside other work.</param>
/// <param name="Crowded">Whether there are more ranks than processors.</param>
internal sealed record WaitBudget(int ForArrival, int ForFinish, int ForBackground, bool Crowded)
{
    private const int PausesPerLook = 4;
    private const int LooksPerYield = 64;

    /// <summary>The budget for a number of ranks on this machine.</summary>
    public static WaitBudget For(int worldSize)
        => worldSize <= Environment.ProcessorCount ? new(2000, 4000, 100, false) : new(200, 1000, 2, true);

    /// <summary>Looks at the meeting.</summary>
    /// <param name="inBackground">Whether the call is made beside other work.</param>
    public int Arrival(bool inBackground) => inBackground ? ForBackground : ForArrival;

    /// <summary>Passes the time between two looks.</summary>
    /// <param name="look">Number of the look.</param>
    public void Pause(int look)
    {
        // Now and then in any case: the system may have put the rank that is waited for behind this one, on the same processor.
        if (Crowded || look % LooksPerYield == LooksPerYield - 1)
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(PausesPerLook);
        }
    }
}
