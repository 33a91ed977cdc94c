namespace Mlp.Runtime.Batching;

/// <summary>
/// Decides whether a call that finds a run free runs at once where it is made, or joins the queue so that others who are ready join it. On few cores callers hardly ever look
/// concurrent: each runs at once, and the others have not had a processor yet. So where calls overlap at all, joining is tried for a few batches, and kept as long as it makes a row
/// cheaper; each trial in vain doubles the number of overlaps before the next one, up to a limit. A caller who is alone overlaps with nobody and never joins.
/// Written without a lock where a lost count does no harm.
/// </summary>
/// <param name="curve">What runs take.</param>
internal sealed class DeferralPolicy(CostCurve curve)
{
    /// <summary>What joining and being resumed costs a call beside its share of the batch, and what blocking and being woken does.</summary>
    private const long ResumeNanoseconds = 800;
    private const long WakeNanoseconds = 4_000;

    private const int FirstTrialAfter = 32;
    private const int LongestTrialAfter = 1 << 11;
    private const int TrialBatches = 8;
    private const int LonelyBatches = 2;

    /// <summary>The first batches of a trial come while others are still on their way back from runs of their own.</summary>
    private const int FirstBatches = 2;
    private const double WorthwhileShare = 0.9;
    private const int CallsPerLook = 16;
    private const int PeakBatches = 8;

    private volatile bool _isDeferring;
    private int _overlaps;
    private int _trialAfter = FirstTrialAfter;
    private int _inlineCalls;
    private int _batches;
    private bool _isProved;
    private bool _hasFailed;
    private int _skip;
    private int _lonely;
    private int _rows;
    private int _blocked;
    private double _handling;
    private double _blockedShare;
    private int _peak;
    private int _peakBefore;
    private int _batchesOfPeak;

    /// <summary>Whether calls join the queue although a run is free.</summary>
    public bool IsDeferring => _isDeferring;

    /// <summary>Most calls that have been here at once during the last <see cref="PeakBatches"/> batches, up to twice as many.</summary>
    public int Peak => Math.Max(_peak, _peakBefore);

    /// <summary>What a call costs beside its share of a run, nanoseconds.</summary>
    public double Handling => Beside(_blockedShare);

    /// <summary>Takes down a call that ran where it was made.</summary>
    /// <param name="running">Runs that go on, itself included.</param>
    public void NoteInline(int running)
    {
        if (running > 1)
        {
            NoteOverlaps(1);
        }
        else if (++_inlineCalls % CallsPerLook == 0)
        {
            // What waits for a thread of the pool may be callers who have not come yet.
            NoteOverlaps((int)Math.Min(ThreadPool.PendingWorkItemCount, FirstTrialAfter));
        }
    }

    /// <summary>Takes down a call that joined the queue. Called under the batcher's lock.</summary>
    /// <param name="present">Calls that wait and that are in batches, itself included.</param>
    public void NoteJoin(int present)
    {
        _peak = Math.Max(_peak, present);
        NoteOverlaps(1);
    }

    /// <summary>Takes down a batch. Called under the batcher's lock.</summary>
    /// <param name="rowCount">Its rows.</param>
    /// <param name="blockedCount">Those for which threads wait.</param>
    /// <param name="handling">Time that it took to bring rows and answers to and fro, nanoseconds.</param>
    /// <param name="present">Calls that wait and that are in batches.</param>
    public void NoteBatch(int rowCount, int blockedCount, long handling, int present)
    {
        _peak = Math.Max(_peak, present);
        if (++_batchesOfPeak == PeakBatches)
        {
            (_peakBefore, _peak, _batchesOfPeak) = (_peak, present, 0);
        }

        // As the cost curve does it: a thread that lost its processor in between says nothing.
        var perRow = (double)handling / rowCount;
        _handling += _handling == 0 ? perRow : (perRow - _handling) / (perRow < _handling ? 4 : 32);
        _blockedShare += (((double)blockedCount / rowCount) - _blockedShare) / PeakBatches;
        if (!_isDeferring)
        {
            return;
        }

        _lonely = rowCount == 1 && present == 0 ? _lonely + 1 : 0;
        if (_lonely >= (_isProved ? TrialBatches : LonelyBatches))
        {
            Stop();
            return;
        }

        if (_skip > 0)
        {
            _skip--;
            return;
        }

        _rows += rowCount;
        _blocked += blockedCount;
        if (++_batches == TrialBatches)
        {
            Judge(CostOfRow() <= WorthwhileShare * curve.Estimate(1));
        }
    }

    /// <summary>What has been worthwhile may fail once: a processor that other processes took looks like callers who have left.</summary>
    private void Judge(bool isWorthwhile)
    {
        (_batches, _rows, _blocked) = (0, 0, 0);
        if (isWorthwhile)
        {
            (_isProved, _hasFailed, _trialAfter) = (true, false, FirstTrialAfter);
        }
        else if (_isProved && !_hasFailed)
        {
            _hasFailed = true;
        }
        else
        {
            Stop();
        }
    }

    private void Stop()
    {
        _trialAfter = _isProved ? FirstTrialAfter : Math.Min(_trialAfter * 2, LongestTrialAfter);
        (_isProved, _hasFailed) = (false, false);
        (_batches, _rows, _blocked, _lonely) = (0, 0, 0, 0);
        _isDeferring = false;
    }

    private double CostOfRow()
    {
        var rowCount = Math.Max(1, _rows / _batches);
        return ((double)curve.Estimate(rowCount) / rowCount) + Beside((double)_blocked / _rows);
    }

    private double Beside(double blockedShare) => _handling + (blockedShare * WakeNanoseconds) + ((1 - blockedShare) * ResumeNanoseconds);

    private void NoteOverlaps(int count)
    {
        if (!_isDeferring && (_overlaps += count) >= _trialAfter)
        {
            (_overlaps, _skip) = (0, FirstBatches);
            _isDeferring = true;
        }
    }
}
